"""The main job: measured workers -> model -> certificates -> emulation -> agreement -> a report."""
