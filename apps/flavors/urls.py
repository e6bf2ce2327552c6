from django.urls import path

from apps.flavors import api

urlpatterns = [
    path("api/mv/get_config_flavors", api.get_config_flavors, name="get-config-flavors"),
    path("api/flavors", api.flavor_list, name="flavor-list"),
    path("api/flavors/<str:flavor>/<str:config_type>", api.flavor_config, name="flavor-config"),
    path("api/flavors/<str:flavor>/<str:config_type>/preview", api.flavor_config_preview, name="flavor-preview"),
]
