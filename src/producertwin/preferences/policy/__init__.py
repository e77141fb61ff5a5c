"""Policy gradients for flow matching: walks with noise, their likelihoods, and the loss that favours what was rewarded."""
