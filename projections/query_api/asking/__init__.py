"""What a request asks for, besides what it is about: how fresh, how much, from where on."""
