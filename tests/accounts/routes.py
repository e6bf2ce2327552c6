from apps.accounts.services import token_create
from tests.routes import Row, owned_page, private_page


def token(owner):
    return {"token_id": token_create(by=owner, name="script")[0].pk}


ROWS = {
    "accounts/sign-in/": Row(anonymous=200, other=302, owner=302, staff=302),
    "accounts/sign-out/": Row(anonymous=302, other=302, owner=302, staff=302, method="post"),
    "account": private_page(),
    "account/tokens": private_page(method="post", other=400, owner=400, staff=400),
    "account/tokens/<int:token_id>/revoke": owned_page(token, method="post", owner=302),
}
