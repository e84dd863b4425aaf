"""Owns the English sentence frames of the demo articles: slot -> variants, of which each niche gets one."""

from __future__ import annotations

FRAMES: dict[str, tuple[str, ...]] = {
    "opening": (
        "{title} belongs to the sector {sector}. In conversation the same business goes by other names: {aliases}.",
        "Sector: {sector}. People who look for this niche also say {aliases}.",
        "This article describes the niche {title}, part of the sector {sector}. Other everyday wordings are {aliases}.",
        "Among the niches of the sector {sector}, {title} is met under several names: {aliases}.",
        "Ask around for {aliases}, and you will be pointed to the same thing: {title}. Sector: {sector}.",
    ),
    "customers": (
        "The main customers are {customers}.",
        "Demand comes from {customers}.",
        "It lives on {customers}.",
        "Who pays: {customers}.",
        "The typical clientele is {customers}.",
    ),
    "sells": (
        "Most of the revenue comes from {sells}.",
        "What actually sells: {sells}.",
        "The bulk of the money is earned on {sells}.",
        "Sales rest on {sells}.",
        "The part of the price list that matters most: {sells}.",
    ),
    "check.small": (
        "A single purchase is small, so the result depends on the number of buyers a day.",
        "Each sale is worth little on its own, and only a steady flow makes the sum.",
        "The average purchase is pocket money; repeat visits do the rest.",
    ),
    "check.medium": (
        "The average purchase is moderate, and a regular customer decides more than a new one.",
        "One sale is noticeable but not large, so people buy without long thought and come back.",
        "A purchase of medium size means that both the flow and the return of customers count.",
    ),
    "check.large": (
        "A purchase is large enough to be compared, so reputation and reviews are read before the first call.",
        "Customers think the purchase over, and the first conversation decides more than the advertisement.",
        "The sums are considerable for the buyer, which makes trust part of the product.",
    ),
    "check.project": (
        "Each order is a project of its own, with an estimate, an advance payment and a contract.",
        "Deals are few and big: losing one of them is visible in the month.",
        "Contracts are large and slow to close, and a single one can make or break a quarter.",
    ),
    "season": (
        "The busiest months are {peaks}; it is quietest around {quiet}.",
        "Demand peaks in {peaks} and is at its lowest near {quiet}.",
        "The calendar matters: {peaks} bring the most work, while {quiet} is the time for repairs and holidays.",
        "The high season falls on {peaks}. Around {quiet} the turnover usually sags.",
    ),
    "costs": (
        "The largest expenses are {costs}.",
        "Costs are driven by {costs}.",
        "Money goes first of all into {costs}.",
        "On the expense side stand {costs}.",
        "The budget lines to watch every week: {costs}.",
    ),
    "margin.thin": (
        "Margins are thin, so every percent of purchasing, losses and rent is felt at once.",
        "Little of the turnover stays as profit; volume and discipline matter more than price.",
        "The margin is narrow, and a mistake in purchasing eats the profit of a month.",
    ),
    "margin.fair": (
        "Margins are ordinary: a careful owner earns steadily, a careless one barely breaks even.",
        "The margin is average for a small business and depends on how full the working day is.",
        "What remains as profit is fair, provided that idle hours and losses are under control.",
    ),
    "margin.solid": (
        "Margins are decent; what spoils them is discounting and hours that nobody has bought.",
        "Enough remains as profit for steady growth, if prices are reviewed at least once a year.",
        "The margin is somewhat above the average of small businesses, yet one bad quarter can undo it.",
        "Profit is real but not generous, so the owner counts every process that can be shortened.",
    ),
    "margin.good": (
        "Margins are good as long as capacity is busy and prices are not given away in discounts.",
        "A noticeable part of the revenue remains with the owner, which attracts competitors.",
        "The margin is comfortable and allows a weak month or two each year.",
        "There is something left to invest: sound owners put it into people and equipment, not into advertising.",
    ),
    "margin.high": (
        "Margins are high, because the owner sells mostly skill and time and buys in very little.",
        "Much of the revenue stays as profit, yet growth is limited by the hours of the people doing the work.",
        "The margin is high on paper; the real limit is how many orders can be carried out well.",
    ),
    "start.small": (
        "It can be started with modest savings and closed without a great loss.",
        "The entry ticket is small, which is why newcomers appear every season.",
        "Opening takes little money; attention and a name take longer.",
    ),
    "start.medium": (
        "Opening takes a moderate investment, usually the owner's savings with a small loan.",
        "The starting sum is within reach of one family, but leaves little room for a second attempt.",
        "The investment is moderate, and most of it goes into premises, equipment and the first stock.",
    ),
    "start.large": (
        "Opening calls for serious money in equipment and fitting out, so leasing is common.",
        "The start is expensive: without partners or a loan it is seldom possible.",
        "The entry cost is high, and this alone keeps the number of rivals down.",
    ),
    "team.tiny": (
        "One or two people run it, and the owner usually does the main work.",
        "The team is tiny; when the owner falls ill, sales stop.",
        "It is often a one-person business with occasional help.",
    ),
    "team.small": (
        "A handful of people is enough, and the owner often stands in for whoever is missing.",
        "Three to five people do everything, so one resignation is felt immediately.",
        "The team is small, and its habits become the habits of the whole business.",
        "A few people share all duties, which makes holidays the hardest thing to plan.",
    ),
    "team.medium": (
        "A team in shifts is needed, and the owner still knows everyone by name.",
        "The staff is of medium size, and hiring well is half of the management.",
        "There are enough people for roles to be divided, and somebody has to answer for each of them.",
        "The team is big enough to need written rules and small enough to be led in person.",
    ),
    "team.large": (
        "The staff is large for a small business, so schedules, training and turnover become a task of their own.",
        "It takes many hands, and a manager who plans the shifts pays for himself.",
        "Wages of a sizeable team come due every month, whether the month is good or bad.",
    ),
    "risks": (
        "Typical risks: {risks}.",
        "What most often goes wrong: {risks}.",
        "Owners worry about {risks}.",
        "The weak points are {risks}.",
        "Before lending or signing, ask about {risks}.",
    ),
    "insight": (
        "One observation is worth remembering. {insight}.",
        "Those who have run such a business for years say one thing. {insight}.",
        "Outsiders usually miss one detail. {insight}.",
        "What decides most? {insight}.",
        "{insight}.",
    ),
    "timing": (
        "A client from this niche prepares for the season early: {ahead} is a good month to talk about a new contract.",
        "Offers are best made about two months ahead of the peak, that is in {ahead}.",
        "Decisions about purchases and loans are usually taken before the season, around {ahead}.",
        "By {ahead} the preparation for the next peak has begun, and owners are open to proposals.",
    ),
}

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
