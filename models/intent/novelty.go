package intent

// Novel counts the features that the model has no weight for, and all.
func (m *Model) Novel(features []uint32) (novel, all int) {
	mask := uint32(len(m.evidence) - 1)
	for _, f := range features {
		if m.evidence[f&mask] == 0 {
			novel++
		}
	}
	return novel, len(features)
}
