"""Alerts: what is wrong is compared with what is known each minute, told once it has lasted, and its end is told, too.

`problems` opens and closes problems, `telling` decides who is told, `composing` puts what somebody is owed into one notice,
`sending` sends notices, `watching` is the dead-man switch for the clock that does all of this.
"""
