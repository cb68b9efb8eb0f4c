"""How every page looks: its style sheet, its charts and the drawn icons of the expressions."""
