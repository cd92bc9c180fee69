"""The arms as Gymnasium environments. Importing this registers "emssl_bench/Reach-v0".

>>> import gymnasium
>>> env = gymnasium.make("emssl_bench.envs:emssl_bench/Reach-v0", robot="planar3")
>>> observation, info = env.reset(seed=0)
>>> observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
>>> bool(reward == -info["distance_m"]), terminated, truncated
(True, True, False)
>>> env.close()
"""

from gymnasium.envs.registration import register

from emssl_bench.envs.reach import ReachEnv
from emssl_bench.envs.vector import ReachVectorEnv

__all__ = ["ENV_ID", "ReachEnv", "ReachVectorEnv"]

ENV_ID = "emssl_bench/Reach-v0"

register(
    id=ENV_ID,
    entry_point="emssl_bench.envs.reach:ReachEnv",
    vector_entry_point="emssl_bench.envs.vector:ReachVectorEnv",
)
