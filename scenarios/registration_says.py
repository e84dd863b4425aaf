"""What a registration says and asks, and the fields of its forms."""

from __future__ import annotations

from core.i18n import N_
from scenarios.registration_state import Step

FIELDS = {
    Step.EMAIL: ("email", "consent"),
    Step.CODE: ("code",),
    Step.DETAILS: ("name", "city", "niche"),
    Step.PASSWORD: ("password", "again"),
}
KINDS = {"email": "email", "consent": "checkbox", "password": "password", "again": "password"}

HAVE_ONE = N_("You have an account already and are signed in with it.")
WELCOME = N_(
    "I will make an account with you: your e-mail, a code from the mail, a few words about you, a password. "
    "You can ask in between, say “back” or “cancel” at any time. What is your e-mail address?"
)
OTHER = N_("Which e-mail address shall it be?")
DID_YOU_MEAN = N_("Did you mean %(email)s?")
CODE_SENT = N_("I have sent a code to %(email)s. It is valid for ten minutes. Enter its six digits.")
CODE_AGAIN = N_("A new code is on its way to %(email)s; the one before is no longer valid. Enter its six digits.")
NO_CODE = N_("I see no code of six digits.")
PROVEN = N_(
    "Thank you, the address is confirmed. What is your name, which city are you in, and what is your business niche?"
)
NO_NAME = N_("That does not look like a name. What is your name?")
WHICH_NICHE = N_("Several niches come close. Which one is yours?")
NO_NICHE = N_("I know no niche like that. Try other words, or go on without one.")
CHANGE = N_("Then once more: what is your name, which city are you in, and what is your business niche?")
DIFFER = N_("The two passwords differ. Type the same one twice.")
ACTIVE = N_("Welcome! Your account is ready and you are being signed in.")
PENDING = N_(
    "Thank you. Your account is made; an administrator has to approve it before you can sign in. You get a mail when "
    "it is ready, and this conversation will be waiting for you."
)
ANALYTICS = N_("The figures of the niche “%(niche)s” are ready for you.")
ANALYTICS_LATER = N_("The figures of the niche “%(niche)s” will be there too.")
NO_CONSENT = N_(
    "Without your consent I can make no account; your e-mail is not kept. Ask me anything about the service."
)
NO_EMAIL = N_("Without an e-mail address there is no account. Say “cancel” to stop here.")
CANCELLED = N_(
    "The registration is cancelled and what you told is forgotten. Ask me anything, or say “register” to begin anew."
)
NOT_KNOWN = N_("I cannot say that here.")
ASK = {
    Step.EMAIL: N_("Back to your registration: what is your e-mail address?"),
    Step.CONSENT: N_("Do you agree that %(email)s and what you tell me is stored to make and keep your account?"),
    Step.CODE: N_("Back to your registration: enter the six digits from the mail to %(email)s."),
    Step.DETAILS: N_("Back to your registration: tell me your name, your city and your business niche."),
    Step.PASSWORD: N_("Last, choose a password in the fields below. It does not become part of the conversation."),
}
ASK_FOR = {
    "name": N_("What is your name?"),
    "city": N_("Which city are you in?"),
    "niche": N_("What is your business niche?"),
}
I_AGREE = N_("I agree")
I_REFUSE = N_("I do not agree")
SEND_AGAIN = N_("Send the code again")
ANOTHER_ADDRESS = N_("Another address")
WITHOUT_NICHE = N_("Without a niche")
LABELS = {
    "email": N_("E-mail"),
    "consent": N_("I agree that my data is stored to make and keep my account"),
    "code": N_("Code from the mail"),
    "name": N_("Name"),
    "city": N_("City"),
    "niche": N_("Business niche (optional)"),
    "password": N_("Password"),
    "again": N_("Repeat password"),
}
SAYS = {
    Step.EMAIL: N_("My e-mail is in the form."),
    Step.CODE: N_("Here is the code."),
    Step.DETAILS: N_("My details are in the form."),
    Step.PASSWORD: N_("I have chosen a password."),
}
