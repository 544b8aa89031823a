"""From a raw Miva order to what Stone Edge is sent: a pure function of the order and the store's rules."""

from orders.translate.errors import CannotTranslate
from orders.translate.order import Reading, Translation, read_order, translate
from orders.translate.rules import CustomFieldRule, Rules

__all__ = ["CannotTranslate", "CustomFieldRule", "Reading", "Rules", "Translation", "read_order", "translate"]
