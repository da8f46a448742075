"""The daily, weekly and monthly report: what it says (pure), how it is set on a page, as PDF and as a workbook, when it
is made, where it is kept and to whom it is mailed.
"""
