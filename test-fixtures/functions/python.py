import functools


def plain(a, b):  # @function plain
    return a + b  # @first plain


async def loads(url):  # @function loads
    """A docstring is no statement that runs.

    It may have several lines.
    """
    # Nor is a comment.
    answer = await fetch(url)  # @first loads
    return answer


def one_line(): return 1  # @function one_line @first one_line "return 1"


@functools.cache
@traced
def decorated(n):  # @function decorated
    return n * 2  # @first decorated


class Pricing:
    """What things cost."""

    rate = 0.2

    def __init__(self, rate):  # @function Pricing.__init__
        self.rate = rate  # @first Pricing.__init__

    @property
    def doubled(self):  # @function Pricing.doubled
        return self.rate * 2  # @first Pricing.doubled

    async def total(  # @function Pricing.total
        self,
        order,
    ) -> float:
        if order:  # @first Pricing.total
            return order.sum
        return 0.0

    class Inner:
        def deep(self):  # @function Inner.deep
            pass  # @first Inner.deep


def outer():  # @function outer
    def inner():  # @first outer @function inner
        yield 1  # @first inner

    return inner


def only_documented():  # @function only_documented
    """Nothing runs here."""  # @first only_documented


handlers = {"double": lambda n: n * 2}
