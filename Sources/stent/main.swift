print("stent")
