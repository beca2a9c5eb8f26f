"""
Issues: what may become of a report, from the phone to the independent close-out.

`arrows` is the table of states; `life` takes one step along it; `routing` says who answers for the
place and why; `evidence` judges photos. All are pure: who asks, the hour and the photos are given.
"""
