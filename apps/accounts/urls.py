from django.urls import path

from apps.accounts import views

app_name = "accounts"

urlpatterns = [
    path("accounts/sign-in/", views.sign_in, name="sign-in"),
    path("accounts/sign-out/", views.sign_out, name="sign-out"),
    path("account", views.account, name="account"),
    path("account/tokens", views.token_add, name="token-add"),
    path("account/tokens/<int:token_id>/revoke", views.token_end, name="token-revoke"),
]
