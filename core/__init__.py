"""What every layer may use: settings, errors, roles, entities, security primitives, messages, logging."""
