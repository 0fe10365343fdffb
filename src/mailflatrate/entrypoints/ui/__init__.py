"""Parts that pages share: the declaration of a page, its frame and navigation, templates, labels, answers to a POST."""
