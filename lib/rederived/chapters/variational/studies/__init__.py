"""What the studies of chapter 2 share: training side by side, images, measures."""
