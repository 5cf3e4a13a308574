/**
 * How high a channel is drawn, pixels. It stands in the styles that wavesurfer.js brings into its shadow tree, and
 * pages allow themselves these alone, by their hash: the build makes it with this.
 */
export const HEIGHT = 56;
