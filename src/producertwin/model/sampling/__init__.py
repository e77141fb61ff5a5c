"""From a request to sound: prompts, conditions, the denoising loop and the codec."""
