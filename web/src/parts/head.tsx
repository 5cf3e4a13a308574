/** The head of a table: the name of each column, and of a last one with buttons, which only screen readers need. */
export function Head({ columns, actions }: { columns: string[]; actions?: string }) {
  return (
    <thead>
      <tr>
        {columns.map((name) => (
          <th key={name} scope="col">
            {name}
          </th>
        ))}
        {actions && (
          <th scope="col">
            <span class="sr">{actions}</span>
          </th>
        )}
      </tr>
    </thead>
  );
}
