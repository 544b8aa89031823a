"""From a raw Miva order to what Stone Edge is sent: a pure function of the order and the store's rules."""

from orders.translate.errors import CannotTranslate
from orders.translate.order import Translation, read_order, translate
from orders.translate.rules import CustomFieldRule, Rules

__all__ = ["CannotTranslate", "CustomFieldRule", "Rules", "Translation", "read_order", "translate"]
