package bubble

// tags are what the simulation is built with.
func tags() string {
	if planted != "" {
		return "synctests,plant_" + planted
	}
	return "synctests"
}
