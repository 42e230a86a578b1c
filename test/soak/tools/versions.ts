// The tools of others that the tests of this folder run, as they are published. docs/operations.md names the
// same ones ("Tools that were tried"); Go modules have theirs in grafana/go.mod.

/** Packages of PyPI, pinned, by the tool that they make up. */
export const pythonTools = {
  // Newer ones of dbt-core fetch a part of themselves from elsewhere when they are installed.
  dbt: ['dbt-core==1.11.16', 'dbt-clickhouse==1.10.3'],
  sqlalchemy: ['clickhouse-connect==1.12.0', 'SQLAlchemy==2.0.58', 'pandas==3.1.1'],
  'mysql-ch-replicator': ['mysql-ch-replicator==0.1.16'],
} as const;
