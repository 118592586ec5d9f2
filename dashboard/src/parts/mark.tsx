/** The product's sign: a gate's bars. */
export function Mark() {
  return (
    <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true" className="mark">
      <rect width="32" height="32" rx="7" />
      <path d="M8 7v18M24 7v18M8 13h16M12 18v7M16 18v7M20 18v7" />
    </svg>
  );
}
