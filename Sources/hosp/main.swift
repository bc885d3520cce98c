print("hosp")
