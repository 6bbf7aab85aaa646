"""The cast: who plays in the tests. A pytest plugin; each fixture is one line.

carla is a customer, karl one of another organisation who must see nothing; anna is an agent, ben one of another team;
cora runs the contact centre, ivan manages changes, root is the administrator. Everyone's password is `make.PASSWORD`.
"""

from __future__ import annotations

from collections.abc import Callable

import django
import pytest

django.setup()  # a plugin is imported before pytest-django does it, and the models below need it

from django.test import Client  # noqa: E402

from tests import make  # noqa: E402
from tickets.models import Mailbox, Organisation, Right, Role, Team, User  # noqa: E402


@pytest.fixture
def helpdesk(db: None) -> Team:
    return make.team("Ügyfélszolgálat")


@pytest.fixture
def network(db: None) -> Team:
    return make.team("Hálózat")


@pytest.fixture
def mailbox(helpdesk: Team) -> Mailbox:
    return make.mailbox(make.SUPPORT, team=helpdesk, is_default=True)


@pytest.fixture
def duna(db: None) -> Organisation:
    return make.organisation("Duna Könyvelő")


@pytest.fixture
def tisza(db: None) -> Organisation:
    return make.organisation("Tisza Logisztika")


@pytest.fixture
def carla(duna: Organisation) -> User:
    return make.person("Szűcs Márta Carla", "carla@duna.example", organisation=duna)


@pytest.fixture
def karl(tisza: Organisation) -> User:
    return make.person("Karl Ellis", "karl@tisza.example", organisation=tisza, language="en")


@pytest.fixture
def anna(helpdesk: Team) -> User:
    return make.agent("Varga Anna", "anna@desk.example", team=helpdesk)


@pytest.fixture
def ben(network: Team) -> User:
    return make.agent("Szalai Ben", "ben@desk.example", team=network)


@pytest.fixture
def cora(helpdesk: Team) -> User:
    return make.agent("Kende Cora", "cora@desk.example", team=helpdesk, rights=[Right.READ, Right.NOTE])


@pytest.fixture
def ivan(network: Team) -> User:
    return make.agent("Nagy Iván", "ivan@desk.example", team=network, rights=[Right.READ, Right.NOTE, Right.MOVE_IN])


@pytest.fixture
def root(db: None) -> User:
    return make.person("Rendszergazda", "root@desk.example", roles=[Role.AGENT, Role.ADMIN])


@pytest.fixture
def as_user(db: None) -> Callable[[User], Client]:
    """`as_user(anna).get(...)`: a signed-in test client; pages speak the person's language."""

    def enter(user: User) -> Client:
        client = Client(headers={"accept-language": user.language})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return enter
