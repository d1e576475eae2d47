"""What is shown, over HTTP: each answer says how fresh it is, and each question may say how fresh it has to be."""
