-- Producer Twin for REAPER: puts what `twin send reaper` sends into the open project.
-- Load it in Actions > Show action list > New action > Load ReaScript, and run it. It stays until REAPER ends.
-- It looks four times a second for a text that names a file, reads that file, adds a track for each sound, and leaves an answer.

local SECTION = "ProducerTwin"
local last_look = 0

local function read_request(path)
  local file, why = io.open(path, "r")
  if not file then
    return nil, why
  end
  local request = { tracks = {}, title = "Producer Twin", bar = 1 }
  for line in file:lines() do
    local key, value = line:gsub("\r$", ""):match("^(%w+)\t(.*)$")
    if key == "track" then
      local name, sound = value:match("^(.-)\t(.*)$")
      if sound then
        request.tracks[#request.tracks + 1] = { name = name, path = sound }
      end
    elseif key == "bar" or key == "tempo" then
      request[key] = tonumber(value)
    elseif key == "title" then
      request.title = value
    end
  end
  file:close()
  return request
end

local function add_track(name, path, start)
  local source = reaper.PCM_Source_CreateFromFile(path)
  if not source then
    return "cannot open " .. path
  end
  local place = reaper.CountTracks(0)
  reaper.InsertTrackAtIndex(place, true)
  local track = reaper.GetTrack(0, place)
  reaper.GetSetMediaTrackInfo_String(track, "P_NAME", name, true)
  local item = reaper.AddMediaItemToTrack(track)
  local take = reaper.AddTakeToMediaItem(item)
  reaper.SetMediaItemTake_Source(take, source)
  reaper.GetSetMediaItemTakeInfo_String(take, "P_NAME", name, true)
  reaper.SetMediaItemInfo_Value(item, "D_POSITION", start)
  reaper.SetMediaItemInfo_Value(item, "D_LENGTH", (reaper.GetMediaSourceLength(source)))
  reaper.SetMediaItemInfo_Value(item, "C_BEATATTACHMODE", 0) -- it stays at its second when the tempo changes later
  reaper.SetMediaItemInfo_Value(item, "D_FADEINLEN", 0)
  reaper.SetMediaItemInfo_Value(item, "D_FADEOUTLEN", 0)
end

local function place(request)
  for _, track in ipairs(request.tracks) do -- all of them or none
    local file = io.open(track.path, "rb")
    if not file then
      return nil, "cannot open " .. track.path
    end
    file:close()
  end
  local _, _, _, numerator, denominator, tempo = reaper.TimeMap_GetMeasureInfo(0, request.bar - 1)
  reaper.Undo_BeginBlock()
  if request.tempo then
    reaper.SetCurrentBPM(0, request.tempo, true)
  end
  local start = reaper.TimeMap_GetMeasureInfo(0, request.bar - 1)
  local why
  for _, track in ipairs(request.tracks) do
    why = why or add_track(track.name, track.path, start)
  end
  reaper.Undo_EndBlock("Producer Twin: " .. request.title, -1)
  reaper.UpdateArrange()
  if why then
    return nil, why
  end
  return table.concat({ start, tempo, numerator, denominator }, "\t")
end

local function look()
  local now = reaper.time_precise()
  if now - last_look >= 0.25 then
    last_look = now
    local id, path = reaper.GetExtState(SECTION, "request"):match("^(%x+)\t(.+)$")
    if id then
      reaper.SetExtState(SECTION, "request", "-", false)
      local request, why = read_request(path)
      local said
      if request then
        local fine
        fine, said, why = pcall(place, request)
        if not fine then
          said, why = nil, said
        end
      end
      local answer = said and (id .. "\tok\t" .. said) or (id .. "\terror\t" .. tostring(why))
      reaper.SetExtState(SECTION, "answer", answer, false)
    end
  end
  reaper.defer(look)
end

look()
