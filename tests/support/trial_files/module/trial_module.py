"""A module of Synapse that does nothing, for trials of the options that name one."""


class Module:
    def __init__(self, *values, **named):
        pass

    @staticmethod
    def parse_config(config):
        return config

    async def get_users_for_states(self, state_updates):
        return {}

    async def get_interested_users(self, user_id):
        return set()
