"""Which models there are to choose from."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from apps.catalog.selectors import model_offers
from apps.providers.capabilities import Capability
from apps.providers.offers import ModelOffer
from apps.providers.registry import provider_get
from apps.providers.sections import ModelState

MODEL_STATES = [(one.value, one.value) for one in ModelState]


class ModelsQuerySerializer(serializers.Serializer[Any]):
    """Without `config_flavor`: the default flavor's models."""

    capability = serializers.ChoiceField([(one.value, one.value) for one in Capability])
    config_flavor = serializers.CharField(required=False, allow_blank=True, max_length=64)


class PriceSerializer(serializers.Serializer[Any]):
    """US dollars for one `unit`: a second of output, an image or a run."""

    usd = serializers.DecimalField(max_digits=20, decimal_places=4)
    unit = serializers.ChoiceField(["second", "image", "run"])
    dated = serializers.DateField(help_text="When the price was looked up")
    note = serializers.CharField()


class ModelOfferSerializer(serializers.Serializer[Any]):
    provider = serializers.CharField()
    configured = serializers.SerializerMethodField(help_text="Whether the provider's key is set")
    model = serializers.CharField(help_text='"" if the provider has only one')
    title = serializers.CharField()
    price = serializers.SerializerMethodField(help_text="null: free, or not a fixed price")
    durations = serializers.SerializerMethodField(help_text="The lengths it offers, in seconds; empty: any")
    maximum_seconds = serializers.FloatField(source="abilities.maximum_seconds", allow_null=True)
    aspect_ratios = serializers.ListField(
        child=serializers.CharField(), source="abilities.aspect_ratios", help_text="Empty: any, or its image's"
    )
    references = serializers.IntegerField(
        source="abilities.references", help_text="How many pictures of people, places and things it takes"
    )
    first_frame = serializers.BooleanField(source="abilities.first_frame")
    last_frame = serializers.BooleanField(source="abilities.last_frame")
    audio_in = serializers.BooleanField(source="abilities.audio_in")
    seed = serializers.BooleanField(source="abilities.seed")
    state = serializers.ChoiceField(MODEL_STATES)
    checked = serializers.DateField(allow_null=True, help_text="When its fields were last compared with the provider's")
    retires = serializers.DateField(allow_null=True)
    successor = serializers.CharField()

    def get_configured(self, offer: ModelOffer) -> bool:
        return provider_get(offer.provider).configured()

    @extend_schema_field(PriceSerializer(allow_null=True))
    def get_price(self, offer: ModelOffer) -> dict[str, object] | None:
        return dict(PriceSerializer(offer.price).data) if offer.price else None

    def get_durations(self, offer: ModelOffer) -> list[int]:
        return list(offer.abilities.lengths())


class Models(APIView):
    @extend_schema(
        parameters=[ModelsQuerySerializer],
        responses=ModelOfferSerializer(many=True),
        summary="List the models for a kind of work",
    )
    def get(self, request: Request) -> Response:
        query = ModelsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        capability = Capability(query.validated_data["capability"])
        offers = model_offers(capability, flavor=query.validated_data.get("config_flavor", ""))
        return Response(ModelOfferSerializer(offers, many=True).data)
