"""Regulations as data: policies, ladder, approvals, deadlines, notices. Pure, no Qt."""
