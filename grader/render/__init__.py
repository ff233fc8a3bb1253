"""Results as a person reads them. Renders; decides and prints nothing."""
