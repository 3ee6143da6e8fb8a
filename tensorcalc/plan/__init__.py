"""The order of contractions and its cost."""

from tensorcalc.plan.planner import Ordered, order
from tensorcalc.plan.report import Plan, PlanProduct, PlanStep
from tensorcalc.plan.sizes import SizeTable

__all__ = ["Ordered", "Plan", "PlanProduct", "PlanStep", "SizeTable", "order"]
