package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
)

// position is how far the spool has been drained: everything before the offset
// in the segment, and every segment with a lesser number.
type position struct {
	segment uint64
	offset  int64
}

// slotSize holds a sequence number, segment, offset and CRC-32C.
const slotSize = 28

// positionFile keeps the position in two slots that are written in turn, so
// that a torn write leaves the one before. It is not synced: after a power cut
// an older position costs records sent twice, which is harmless.
type positionFile struct {
	file *os.File
	seq  uint64
}

// openPosition reads the newest whole slot; a file without one says the
// beginning.
func openPosition(path string) (*positionFile, position, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, position{}, fmt.Errorf("open spool position: %w", err)
	}
	slots := make([]byte, 2*slotSize)
	n, err := file.ReadAt(slots, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, position{}, errors.Join(fmt.Errorf("read spool position: %w", err), file.Close())
	}
	p, at := &positionFile{file: file}, position{}
	for slot := slots[:n]; len(slot) >= slotSize; slot = slot[slotSize:] {
		seq := binary.LittleEndian.Uint64(slot)
		if seq > p.seq && crc32.Checksum(slot[:slotSize-4], castagnoli) == binary.LittleEndian.Uint32(slot[slotSize-4:]) {
			p.seq = seq
			at = position{binary.LittleEndian.Uint64(slot[8:]), int64(binary.LittleEndian.Uint64(slot[16:]))}
		}
	}
	return p, at, nil
}

func (p *positionFile) write(at position) error {
	p.seq++
	slot := make([]byte, 0, slotSize)
	slot = binary.LittleEndian.AppendUint64(slot, p.seq)
	slot = binary.LittleEndian.AppendUint64(slot, at.segment)
	slot = binary.LittleEndian.AppendUint64(slot, uint64(at.offset))
	slot = binary.LittleEndian.AppendUint32(slot, crc32.Checksum(slot, castagnoli))
	if _, err := p.file.WriteAt(slot, int64(p.seq%2)*slotSize); err != nil {
		return fmt.Errorf("write spool position: %w", err)
	}
	return nil
}
