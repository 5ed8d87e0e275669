package conversation

import "runtime"

// heapGrowth is how many bytes more are held after f than before, beyond
// garbage.
func heapGrowth(f func()) int64 {
	held := func() int64 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := held()
	f()
	return held() - before
}
