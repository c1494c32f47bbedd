"""What people and programs read of a version beside its Parquet parts."""
