"""What a model is asked on the side, where there is one: how a question reads alone, and which scenario is meant."""

from __future__ import annotations

from rag import followups
from scenarios import router as routes
from services.answer import findings, route
from services.answer.deciding import rewrites
from services.answer.job import Job
from services.chat.routing import Routing
from services.models import side_model
from services.models.engine import Engine


async def rewrite(engine: Engine, job: Job) -> None:
    """A question that leans on those before it is made to stand alone."""
    job.query = job.question
    if not rewrites(job):
        return
    with job.recorder.step("rewrite") as step:
        by_rule = followups.carried(job.question, job.language, job.history)
        said = ""
        if job.model:
            prompt = followups.prompt(job.question, job.history)
            said = await side_model.ask(engine, job.candidates[0], prompt, "rewrite", job.asides)
        usable = followups.usable(said, job.question, job.language, job.history)
        job.query = usable or by_rule
        step |= {"query": job.query, "by": "model" if usable else "rule"}


async def decide(engine: Engine, routing: Routing, job: Job) -> None:
    """Where the words leave it open, the model is asked; it decides only within the schema."""
    open_ = job.decision
    if open_ is None or open_.scenario is not routes.Route.UNSURE or not job.model:
        return
    with job.recorder.step("route_model") as step:
        prompt = routes.for_model(job.question)
        said = await side_model.ask(engine, job.candidates[0], prompt, "route", job.asides)
        decision = routing.with_model(job.principal, open_, said)
        step |= findings.decided(decision)
    if decision.scenario is not routes.Route.UNSURE:
        job.reply = None
        route.settle(job, decision)
