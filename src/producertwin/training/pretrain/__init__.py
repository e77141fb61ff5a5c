"""nano from scratch: corpus, codec, words and transformer, each resumable to the step."""
