"""Read models made anew from the events: rebuilt beside the live one, switched, rolled back, verified and repaired."""
