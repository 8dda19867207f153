//! What the evidence means: statistics, SLO verdicts, checks, recommendations.
