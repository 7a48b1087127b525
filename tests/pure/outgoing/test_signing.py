"""Signatures as Standard Webhooks has them."""

from annotations.outgoing.signing import new_secret, signed_headers


def test_the_vector_that_the_scheme_publishes() -> None:
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    message, body = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
    assert signed_headers(message, 1614265330, body, [secret]) == {
        "webhook-id": message,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_a_secret_is_replaced_both_sign() -> None:
    old, new = new_secret(), new_secret()
    both = signed_headers("msg_1", 1, b"{}", [new, old])["webhook-signature"]
    one_by_one = [signed_headers("msg_1", 1, b"{}", [one])["webhook-signature"] for one in (new, old)]
    assert both.split(" ") == one_by_one
    assert len(set(one_by_one)) == 2
