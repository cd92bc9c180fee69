"""Reach for random targets in the Gymnasium environment, with a random policy and, if installed, with PPO.

The task: given a target [m], choose joint angles. An action is a joint vector scaled to [-1, 1], the reward is minus
the distance in metres, and an episode is one step. Many arms move in one batch with `gymnasium.make_vec`. Targets have
an orientation, too, with `task="pose"`.

    pip install stable-baselines3        # optional
    python examples/05_environment.py
"""

import importlib.util

import gymnasium
import numpy as np

ENV_ID = "emssl_bench.envs:emssl_bench/Reach-v0"  # the part before the colon is imported, and registers it
EPISODES = 200


def mean_distance_m(policy) -> float:
    """Of the end effector from its target, at the end of each episode."""
    env = gymnasium.make(ENV_ID, robot="planar3", joint_range_deg=90)
    env.action_space.seed(1_000)
    distances_m = []
    for episode in range(EPISODES):
        observation, _ = env.reset(seed=episode)
        _, _, _, _, info = env.step(policy(env, observation))  # the episode ends here
        distances_m.append(info["distance_m"])
    env.close()
    return float(np.mean(distances_m))


random_m = mean_distance_m(lambda env, observation: env.action_space.sample())
print(f"random policy: {100 * random_m:.0f} cm from the target, mean of {EPISODES} episodes")

arms = gymnasium.make_vec(ENV_ID, num_envs=1_000, robot="planar3", joint_range_deg=90, autoreset_mode="SameStep")
arms.action_space.seed(1_000)
arms.reset(seed=0)
_, rewards, _, _, _ = arms.step(arms.action_space.sample())
print(f"{len(rewards):,} arms in one step: {-100 * rewards.mean():.0f} cm from their targets")
arms.close()

poses = gymnasium.make_vec(ENV_ID, num_envs=1_000, robot="paper6", autoreset_mode="SameStep", task="pose")
poses.action_space.seed(1_000)
poses.reset(seed=0)
last = poses.step(poses.action_space.sample())[4]["final_info"]
print(f"1,000 poses: {100 * last['distance_m'].mean():.0f} cm and {last['angle_deg'].mean():.0f}° from their targets")
poses.close()

if importlib.util.find_spec("stable_baselines3"):
    from stable_baselines3 import PPO  # pyright: ignore[reportMissingImports]

    training = gymnasium.make(ENV_ID, robot="planar3", joint_range_deg=90)
    model = PPO("MlpPolicy", training, gamma=0.0, n_steps=512, batch_size=128, seed=0, device="cpu").learn(4_096)
    training.close()
    ppo_m = mean_distance_m(lambda env, observation: model.predict(observation, deterministic=True)[0])
    print(f"PPO after 4,096 steps: {100 * ppo_m:.0f} cm from the target")
else:
    print("stable-baselines3 is not installed: no policy was learned")
