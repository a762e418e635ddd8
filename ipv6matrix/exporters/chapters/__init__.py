"""
The chapters of a report: what each chart shows, in a sentence, a drawing and a table.

Every figure comes with its numerator, its denominator and what is not known. A
chapter for which nothing was measured says so, and has no chart.
"""
