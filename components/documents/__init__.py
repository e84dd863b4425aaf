"""Documents on screen: upload, ledger, list, dialogs."""
