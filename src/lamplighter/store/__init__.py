"""Tables, one repository for each aggregate, migrations; the only room that imports sqlalchemy."""
