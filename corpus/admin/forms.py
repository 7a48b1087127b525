"""The forms of the pages. They hold words; the services check and keep them."""

import json
from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.files.uploadedfile import UploadedFile
from django.utils.functional import lazy

from corpus.models import Corpus, QueueOrder, Role, SuggestionsShown
from corpus.services.actors import Scope


class BasicForm(forms.Form):
    """What every corpus has from its first day on."""

    name = forms.CharField(max_length=200)
    description = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    language = forms.CharField(max_length=35, help_text="BCP 47 tag, such as en or de-CH")
    blind = forms.BooleanField(required=False, help_text="Nobody sees another reviewer's layer.")
    suggestions_shown = forms.ChoiceField(
        choices=SuggestionsShown.choices, help_text="When a reviewer sees what the machines propose."
    )


#: The settings of the work, by the heading of each group.
GROUPS = {
    "Passes": ("passes", "second_share", "unaided_share"),
    "Checks of attention": ("withheld_share", "planted_share"),
    "Queue": ("queue_order", "seed", "hand_cap", "lease_minutes"),
    "Gold": ("agreed_is_gold", "single_is_gold", "two_people"),
}


class SettingsForm(BasicForm):
    """The settings of a corpus, with the version of them that the page was made from."""

    passes = forms.IntegerField(
        min_value=1, max_value=9, label="Passes an article", help_text="People who read each article."
    )
    second_share = forms.FloatField(
        min_value=0,
        max_value=1,
        label="Share with one pass more",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="Of all articles, drawn by chance: 0.1 for one in ten, 0 for none.",
    )
    unaided_share = forms.FloatField(
        min_value=0,
        max_value=1,
        label="Share with one pass more, unaided",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="Of all articles, the first of the share above: their last pass is made without "
        "suggestions, which shows what people overlook who have them.",
    )
    withheld_share = forms.FloatField(
        min_value=0,
        max_value=0.5,
        label="Suggestions withheld",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="A share of the suggestions of each pass, half at most, is shown only after it is "
        "submitted, to see who finds them by reading. Leads and owners are shown all.",
    )
    planted_share = forms.FloatField(
        min_value=0,
        max_value=0.2,
        label="Wrong suggestions planted",
        widget=forms.NumberInput(attrs={"step": "any"}),
        help_text="As a share of the suggestions of a pass from the queue, a fifth at most, and only where a "
        "rule of the guideline says so. Whoever accepts one is told, and it is taken back at once.",
    )
    queue_order = forms.ChoiceField(
        choices=QueueOrder.choices, label="Order of the queue", help_text="What a reviewer is given next."
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=2**31 - 1,
        help_text="Of what is left to chance: the same seed draws the same articles again.",
    )
    hand_cap = forms.IntegerField(
        min_value=0,
        max_value=1_000,
        label="Articles in hand",
        help_text="How many one person may have at once; 0 for any number.",
    )
    lease_minutes = forms.IntegerField(
        min_value=1,
        max_value=60 * 24 * 30,
        label="Lease in minutes",
        help_text="For how long an article is kept for a person who does nothing.",
    )
    agreed_is_gold = forms.BooleanField(
        required=False, label="Agreement is gold", help_text="What all passes agree on is gold by itself."
    )
    single_is_gold = forms.BooleanField(
        required=False,
        label="A single pass is gold",
        help_text="Otherwise an adjudicator approves what only one person was to read.",
    )
    two_people = forms.BooleanField(
        required=False,
        label="Two people",
        help_text="Nobody settles or approves a text that they have a pass over themselves.",
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, corpus: Corpus) -> "SettingsForm":
        return cls(initial={name: getattr(corpus, name) for name in cls.base_fields})

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields as the page has them, by the heading of each group."""
        return [
            ("The corpus", [self[name] for name in BasicForm.base_fields]),
            *((title, [self[name] for name in names]) for title, names in GROUPS.items()),
        ]


class CorpusForm(BasicForm):
    slug = forms.SlugField(
        max_length=64, help_text="Its short name in addresses and commands; it stays as it is."
    )
    guideline = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 8}),
        required=False,
        strip=False,
        help_text="The first version of the rules.",
    )
    field_order = ("name", "slug")


class MemberForm(forms.Form):
    username = forms.CharField(max_length=150)
    role = forms.ChoiceField(choices=Role.choices, initial=Role.REVIEWER)


class InviteForm(forms.Form):
    """The role of somebody who is invited, of those that whoever invites may give."""

    invited_role = forms.ChoiceField(initial=Role.REVIEWER, label="Role")

    def __init__(self, roles: Sequence[Role], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = cast(forms.ChoiceField, self.fields["invited_role"])
        field.choices = [(role.value, role.label) for role in roles]


def _password_rules() -> str:
    return " ".join(password_validators_help_texts())


class JoinForm(forms.Form):
    """An account for somebody who was invited."""

    username = forms.CharField(
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "username"}),
        help_text="Letters, digits and @ . + - _; the others of the corpus see it.",
    )
    password = forms.CharField(
        max_length=1_000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=lazy(_password_rules, str)(),
    )
    again = forms.CharField(
        max_length=1_000,
        strip=False,
        label="Password again",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> None:
        if self.cleaned_data.get("password") != self.cleaned_data.get("again"):
            self.add_error("again", "The two passwords differ.")


class GuidelineForm(forms.Form):
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 24}), strip=False)
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_text(self) -> str:
        return unfold(self.cleaned_data["text"])


class SchemeForm(forms.Form):
    definition = forms.CharField(widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "false"}))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def clean_definition(self) -> Any:
        try:
            return json.loads(self.cleaned_data["definition"])
        except ValueError as error:
            raise forms.ValidationError(f"This is no JSON: {error}.") from None


class WithheldSelect(forms.NullBooleanSelect):
    """Not said, yes or no: what is not said leaves an article that stands as it is."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.choices = [("unknown", "not said"), ("false", "yes"), ("true", "no")]


class PasteForm(forms.Form):
    """One article by hand. The text stays as it stands in the box, to the last space."""

    title = forms.CharField(required=False)
    outlet = forms.CharField(max_length=200, required=False)
    external_id = forms.CharField(
        max_length=512, required=False, label="External id",
        help_text="What you call it elsewhere. The same one with another text makes a new revision; "
        "left empty, the text names itself.",
    )  # fmt: skip
    url = forms.CharField(max_length=2_000, required=False, label="URL")
    language = forms.CharField(max_length=35, required=False)
    published_at = forms.DateTimeField(required=False, label="Published")
    licence = forms.CharField(
        max_length=2_000, required=False, help_text="An SPDX id such as CC-BY-4.0, or free words."
    )
    text_withheld = forms.NullBooleanField(
        required=False, label="May the text be passed on?", widget=WithheldSelect,
        help_text="Where it may not, releases hold the article without its words.",
    )  # fmt: skip
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 20}), strip=False)

    def clean_text(self) -> str:
        return unfold(self.cleaned_data["text"])


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    widget = ManyFilesInput(attrs={"multiple": True})

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        files = data if isinstance(data, list | tuple) else [data]
        return [super(ManyFilesField, self).clean(file, initial) for file in files]


class UploadForm(forms.Form):
    uploaded = ManyFilesField(
        label="Files",
        help_text="Texts and transcripts (.txt), pages (.html), one article a line (.jsonl) or a row (.csv). "
        "The bytes are kept as they are.",
    )


class TokenForm(forms.Form):
    name = forms.CharField(max_length=100, help_text="What it is for.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, scope.value) for scope in Scope], widget=forms.CheckboxSelectMultiple
    )
    corpus = forms.ModelChoiceField(
        Corpus.objects.none(),
        required=False,
        empty_label="all that I am a member of",
        help_text="What it reaches.",
    )
    expires_at = forms.DateTimeField(
        required=False, help_text="UTC, such as 2027-01-31 12:00; empty for no end."
    )

    def __init__(self, *args: Any, user_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast("forms.ModelChoiceField[Corpus]", self.fields["corpus"])
        field.queryset = Corpus.objects.visible_to(user_id)


def unfold(text: str) -> str:
    r"""Return the text of a textarea as it stands in the box.

    There a line ends in `\n` and nothing else; HTML's form encoding makes each of them `\r\n` on the way.
    """
    return text.replace("\r\n", "\n")
