"""Conversations and what is around them; `services.turns` starts answers, `services.answer` has their stages."""
