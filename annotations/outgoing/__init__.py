"""Requests that leave this machine: where they may go, how long they may take, what they are signed with."""
