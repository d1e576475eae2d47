"""The operations of the query API, a file for each thing that is asked about; they are discovered here."""
