"""Runs the live tests and closes with the line `N passed, N failed`."""

import os
import sys
import unittest


def main() -> int:
    words = sys.argv[1:] or ["discover"]
    if words[0] == "-k":
        words = ["discover", *words]
    program = unittest.main(module=None, argv=["tests/live", *words], verbosity=2, exit=False)
    result = program.result
    # A test with several failed parts is one failed test.
    faults = [test for test, _ in result.failures + result.errors]
    failed = len({getattr(test, "test_case", test).id() for test in faults})
    # A class whose server did not start failed without a test being run.
    passed = max(result.testsRun - failed - len(result.skipped), 0)
    skipped = f", {len(result.skipped)} skipped" if result.skipped else ""
    print(f"{passed} passed, {failed} failed{skipped}", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # PJSIP's objects would be freed in any order now, and some after their library.
    os._exit(code)
