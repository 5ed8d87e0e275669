package embedded

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// table is a changelog and those of its partitions that have changed.
type table struct {
	topic      string
	partitions []int32
}

// tableSuffix ends the names of Goka's changelogs.
const tableSuffix = "-table"

// changedTables are the changelogs with records since their last compaction.
func changedTables(dir string) ([]table, error) {
	content, err := os.ReadFile(filepath.Join(dir, topicsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", topicsName, err)
	}
	var known struct {
		Topics []struct {
			Name       string            `json:"name"`
			Partitions int32             `json:"partitions"`
			Configs    map[string]string `json:"configs"`
		} `json:"topics"`
	}
	if err := json.Unmarshal(content, &known); err != nil {
		return nil, fmt.Errorf("read %s: %w", topicsName, err)
	}
	var tables []table
	for _, topic := range known.Topics {
		if !strings.HasSuffix(topic.Name, tableSuffix) || topic.Configs["cleanup.policy"] != "compact" {
			continue
		}
		t := table{topic: topic.Name}
		for p := range topic.Partitions {
			changed, err := changedPartition(filepath.Join(dir, partitionsName, partitionName(topic.Name, p)))
			if err != nil {
				return nil, err
			}
			if changed {
				t.partitions = append(t.partitions, p)
			}
		}
		if len(t.partitions) > 0 {
			tables = append(tables, t)
		}
	}
	return tables, nil
}

// partitionName is kfake's name of a partition's directory.
func partitionName(topic string, partition int32) string {
	return url.PathEscape(topic) + "-" + strconv.Itoa(int(partition))
}

// changedPartition says whether anything follows a partition's last marker.
func changedPartition(dir string) (bool, error) {
	bases, err := segmentBases(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(bases) == 0 {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	file, err := os.Open(filepath.Join(dir, strconv.FormatInt(bases[len(bases)-1], 10)+segmentSuffix))
	if err != nil {
		return false, fmt.Errorf("read segment: %w", err)
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return false, fmt.Errorf("read segment: %w", err)
	}
	const most = headerBytes + 16 + len(marker) // a batch of the marker alone
	end := make([]byte, min(size, int64(most)))
	if _, err := file.ReadAt(end, size-int64(len(end))); err != nil {
		return false, fmt.Errorf("read segment: %w", err)
	}
	return size > 0 && !bytes.Contains(end, []byte(marker)), nil
}

// copyTables makes a broker's directory of some partitions of another.
func copyTables(dir, work string, tables []table) error {
	if err := os.MkdirAll(work, 0o700); err != nil {
		return err
	}
	for _, name := range []string{metaName, topicsName} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(work, name), content, 0o600)
		}
		if err != nil {
			return err
		}
	}
	for _, t := range tables {
		for _, p := range t.partitions {
			name := filepath.Join(partitionsName, partitionName(t.topic, p))
			if err := os.CopyFS(filepath.Join(work, name), os.DirFS(filepath.Join(dir, name))); err != nil {
				return err
			}
		}
	}
	return nil
}

// syncTree makes the disk have everything below a directory.
func syncTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return syncFile(path)
	})
}

func syncFile(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
