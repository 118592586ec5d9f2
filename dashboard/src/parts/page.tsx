import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "react-router";

type Props = {
  title: string;
  crumb?: { to: string; label: string };
  badge?: ReactNode;
  actions?: ReactNode;
  lead?: ReactNode;
  children: ReactNode;
};

/** A page's head and body. The heading takes the focus, so that a screen reader says where one has come to. */
export function Page({ title, crumb, badge, actions, lead, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Headgate`;
    if (!document.querySelector("main input:focus, dialog[open]")) heading.current?.focus({ preventScroll: true });
  }, [title]);
  return (
    <div className="page">
      <div className="page-head">
        {crumb && (
          <Link to={crumb.to} className="crumb">
            {crumb.label}
          </Link>
        )}
        <div className="page-title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {badge}
          {actions && <div className="actions">{actions}</div>}
        </div>
        {lead && <p className="lead">{lead}</p>}
      </div>
      {children}
    </div>
  );
}
